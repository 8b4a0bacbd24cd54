// esbuild turns JSX into React calls; no plugin is needed to build. The chunks are lazy: each page brings its own.
import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Cloudscape's fonts lie in its style sheet as data: URLs; as files of their own they are loaded when they are used. */
const fontFiles: Plugin = {
  name: "font-files",
  generateBundle(_, bundle) {
    for (const asset of Object.values(bundle)) {
      if (asset.type !== "asset" || !asset.fileName.endsWith(".css")) continue;
      asset.source = String(asset.source).replace(/url\("?data:font\/woff2;[^,]*base64,([^")]+)"?\)/g, (_whole, base64: string) => {
        const source = Buffer.from(base64, "base64");
        const fileName = `assets/font-${createHash("sha256").update(source).digest("hex").slice(0, 8)}.woff2`;
        this.emitFile({ type: "asset", fileName, source });
        return `url("./${fileName.slice("assets/".length)}")`;
      });
    }
  },
};

export default defineConfig({
  base: "./",
  plugins: [fontFiles],
  build: {
    outDir: "../build/web/dist",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // nothing as data: URL, so that the content policy stays strict
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      // "use client" means nothing here.
      onwarn: (warning, warn) => void (warning.code !== "MODULE_LEVEL_DIRECTIVE" && warn(warning)),
    },
  },
  esbuild: { jsx: "automatic", legalComments: "none" },
  worker: { format: "es" },
  server: {
    // `npx vite` beside a running server: its calls are passed on.
    proxy: { "/_gantry": process.env.GANTRY_ENDPOINT ?? "http://127.0.0.1:4566" },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
