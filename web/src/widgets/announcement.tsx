import styles from "./announcement.module.css";

/** What just happened, for screen readers only: those who see it see it in the widget. */
export function Announcement({ children }: { readonly children: string }) {
  return (
    <p className={styles.announcement} role="status">
      {children}
    </p>
  );
}
