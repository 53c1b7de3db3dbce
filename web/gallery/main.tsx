import "../src/ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadWidgets } from "../src/widgets/registry";
import { Gallery } from "./gallery";
import { readSamples } from "./samples";

/** `samples.json` stands beside the page: the tests that serve it write it. `?only=name` shows one. */
const samples = await readSamples(new URLSearchParams(location.search).get("only"));
const widgets = await loadWidgets(samples.fields.map(({ field }) => field));
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Gallery samples={samples} widgets={widgets} />
    </StrictMode>,
  );
}
