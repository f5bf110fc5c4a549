import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Icon } from "./icon";

const icons = { plain: Info, info: Info, warn: TriangleAlert, danger: CircleAlert };

/** One line that says something is different here. An error says what happened, what is safe, what to do. */
export function Note({ look = "plain", children, act }: { look?: keyof typeof icons; children: ReactNode; act?: ReactNode }) {
  return (
    <div className={`note ${look === "plain" ? "" : `note--${look}`}`} role={look === "danger" ? "alert" : undefined}>
      <Icon of={icons[look]} />
      <div>{children}</div>
      {act}
    </div>
  );
}
