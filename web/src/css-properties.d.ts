import "react";

declare module "react" {
  /** Custom properties, such as `--zoom`, which style sheets read. */
  interface CSSProperties {
    readonly [property: `--${string}`]: string | number | undefined;
  }
}
