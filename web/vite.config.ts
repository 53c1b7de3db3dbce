import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The page is served at the root or under a path prefix, so it names its files relatively. */
export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    target: "es2023",
    // Small files would else be inlined as data: addresses, which the content policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
