import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { themeCookie } from "@/components/ui/theme";
import { Providers } from "./providers";
import "./tokens.css";
import "./look.css";
import "./flowbook.css";

export const metadata: Metadata = {
  title: { default: "Flowbook", template: "%s · Flowbook" },
  description: "A collaborative notebook workspace for MLflow Projects",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

/** The theme is a cookie, so that the first paint already has it; without one the system's choice holds. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = (await cookies()).get(themeCookie)?.value;
  return (
    <html lang="en" data-theme={theme === "light" || theme === "dark" ? theme : undefined} suppressHydrationWarning>
      <body>
        <a className="skip" href="#main">Skip to content</a>
        <Providers>{children}</Providers>
      </body>
    </html>
  );
}
