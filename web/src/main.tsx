import "./ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { invitationIn, takeInvitationFromAddress } from "./api/invitation";
import { hasTokenInAddress, takeTokenFromAddress } from "./api/session";
import { App } from "./app";

const root = document.getElementById("root");
takeTokenFromAddress();
const invitation = takeInvitationFromAddress();
// A link that is opened in a tab that shows the page already changes the fragment only.
window.addEventListener("hashchange", () => {
  if (hasTokenInAddress() || invitationIn(location.hash) !== null) {
    location.reload();
  }
});
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App invitation={invitation} />
    </StrictMode>,
  );
}
