"use client";

import { Moon } from "lucide-react";
import { IconButton } from "./button";
import { themeCookie } from "./theme";

/** Flips light and dark on this browser, and tells what draws by itself (editor, terminal, charts) by a `themechange` event. */
export function ThemeToggle() {
  return (
    <IconButton
      label="Switch between light and dark" icon={Moon} className="theme"
      onClick={() => {
        const root = document.documentElement;
        const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
        root.dataset.theme = isDark ? "light" : "dark";
        document.cookie = `${themeCookie}=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
        window.dispatchEvent(new Event("themechange"));
      }}
    />
  );
}
