// Lesson 18: one request waits for the next build. Only the page that somebody looks at asks, because a browser has
// six connections to a server, for all of its tabs.
(async () => {
  let lost = false;
  for (;;) {
    const turned = new AbortController();
    document.addEventListener("visibilitychange", () => turned.abort(), { once: true });
    if (document.hidden) {
      await new Promise((on) => turned.signal.addEventListener("abort", on));
      continue;
    }
    try {
      // Whoever has lost the server asks without a cursor, and is answered at once.
      const answer = await fetch(lost ? "/reload" : "/reload?since=CURSOR", { signal: turned.signal });
      const { cursor } = await answer.json();
      if (lost || cursor !== CURSOR) return location.reload();
    } catch {
      if (turned.signal.aborted) continue;
      lost = true;
      await new Promise((on) => setTimeout(on, 1000));
    }
  }
})();
