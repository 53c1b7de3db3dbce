import { mergeConfig } from "vite";
import page from "./vite.config";

/** Builds the gallery of widgets for the browser tests. It is no part of the page. */
export default mergeConfig(page, { build: { rolldownOptions: { input: "gallery.html" } } });
