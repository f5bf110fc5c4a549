import { NotFoundMessage } from "@/components/shell/not-found-message";
import { Main } from "@/components/shell/main";
import { Sidebar } from "@/components/shell/sidebar";
import { TopBar } from "@/components/shell/topbar";

export default function NotFound() {
  return (
    <>
      <Sidebar />
      <TopBar crumbs={[{ title: "Not here" }]} />
      <Main><NotFoundMessage /></Main>
    </>
  );
}
