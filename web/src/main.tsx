import "./ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeTokenFromAddress } from "./api/session";
import { App } from "./app";

const root = document.getElementById("root");
takeTokenFromAddress();
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
