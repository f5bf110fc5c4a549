/** The same words for a link that never was, has ended, or was revoked: who holds it learns no more. */
export function LinkOpensNothing() {
  return (
    <main className="page" id="main" tabIndex={-1} style={{ margin: "0 auto", maxWidth: 728, paddingTop: 96 }}>
      <div className="msg">
        <h1>This link opens nothing</h1>
        <p>It may have ended, been revoked, or been cut on its way here. Ask whoever sent it for a new one.</p>
      </div>
    </main>
  );
}
