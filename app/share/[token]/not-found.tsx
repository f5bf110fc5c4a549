import { LinkOpensNothing } from "@/components/shares/link-opens-nothing";

export default function NotFound() {
  return <LinkOpensNothing />;
}
