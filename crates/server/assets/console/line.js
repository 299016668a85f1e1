// The socket: opened again whenever it is lost, a little later each time.

/**
 * @param {string} csrf
 * @param {(line: any) => void} hear
 * @param {(open: boolean) => void} changed
 */
export function connect(csrf, hear, changed) {
  /** @type {WebSocket | null} */
  let socket = null;
  let tries = 0;
  let heard = Date.now();
  /** @type {number | undefined} */
  let again;

  const open = () => {
    clearTimeout(again);
    const address = new URL("/console/socket", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new WebSocket(address);
    socket = mine;
    mine.addEventListener("open", () => {
      tries = 0;
      heard = Date.now();
      mine.send(JSON.stringify({ type: "hello", csrf }));
      changed(true);
    });
    mine.addEventListener("message", (event) => {
      heard = Date.now();
      hear(JSON.parse(event.data));
    });
    mine.addEventListener("close", () => {
      if (socket !== mine) return;
      socket = null;
      changed(false);
      again = setTimeout(open, Math.min(15000, 500 * 2 ** tries) * (0.75 + Math.random() / 2));
      tries += 1;
    });
  };
  open();
  // The server speaks each 25 seconds: a longer silence means that the line is dead, whatever the browser thinks.
  setInterval(() => {
    if (socket?.readyState === WebSocket.OPEN) {
      if (Date.now() - heard > 60000) socket.close();
      else socket.send('{"type":"ping"}');
    }
  }, 20000);
  addEventListener("online", () => { if (!socket) open(); });

  return {
    /** @param {any} line @returns {boolean} whether it was sent */
    send(line) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(line));
      return true;
    },
  };
}
