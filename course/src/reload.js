// Lesson 22: a WebSocket, in which the server says when there is a newer build. Each tab may have one: they do not count
// among the six connections that a browser has to a server, for all of its tabs.
(() => {
  let lost = false;
  // A page that nobody looks at is loaded anew when somebody does.
  const reload = () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", reload, { once: true });
    } else {
      location.reload();
    }
  };
  const follow = () => {
    const socket = new WebSocket(`ws://${location.host}/reload?since=CURSOR`);
    socket.onmessage = reload;
    // Whoever has lost the server and found it again cannot know what happened meanwhile.
    socket.onopen = () => lost && reload();
    socket.onclose = () => {
      lost = true;
      setTimeout(follow, 1000);
    };
  };
  follow();
})();
