import { NotFoundMessage } from "@/components/shell/not-found-message";

export default function NotFound() {
  return <main className="main" id="main" tabIndex={-1}><NotFoundMessage /></main>;
}
