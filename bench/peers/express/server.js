// What a team would build in a day: a message is in SQLite before it is answered, is brought to the desk in order, and is
// shown to whoever watches the conversation. No sessions, no signatures, no bot, no way back from the desk.

import http from "node:http";
import Database from "better-sqlite3";
import express from "express";
import { Server } from "socket.io";

const [file, sink] = process.argv.slice(2);
const RETRY_MS = 1000;

const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.pragma("wal_autocheckpoint = 4000");
db.exec(`
  CREATE TABLE IF NOT EXISTS inbox (request TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS conversation (id TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, n INTEGER NOT NULL, text TEXT NOT NULL, delivered INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (conversation, n) WHERE delivered = 0;
`);
const seen = db.prepare("INSERT INTO inbox (request) VALUES (?) ON CONFLICT DO NOTHING");
const next = db.prepare(
  "INSERT INTO conversation (id, last) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET last = last + 1 RETURNING last",
);
const put = db.prepare("INSERT INTO outbox (conversation, n, text) VALUES (?, ?, ?)");
const settle = db.prepare("UPDATE outbox SET delivered = 1 WHERE id = ?");
const waiting = db.prepare("SELECT conversation, id, text FROM outbox WHERE delivered = 0 ORDER BY conversation, n");

/** One transaction, flushed before it returns; null when the request was seen before. */
const accept = db.transaction((request, conversation, text) => {
  if (seen.run(request).changes === 0) return null;
  const { last } = next.get(conversation);
  const { lastInsertRowid } = put.run(conversation, last, text);
  return { conversation, n: last, id: lastInsertRowid, text };
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
/** What each conversation has still to bring; a conversation that is here has a worker. */
const queues = new Map();
let pending = 0;

function post(message) {
  const body = JSON.stringify({ session: { id: message.conversation }, message: { text: message.text } });
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(`http://${sink}/hook`, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode < 300));
    });
    request.on("error", () => resolve(false));
    request.end(body);
  });
}

/** Brings a conversation's messages one after the other. */
async function work(conversation, queue) {
  while (queue.length > 0) {
    if (await post(queue[0])) {
      settle.run(queue.shift().id);
      pending -= 1;
    } else {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  queues.delete(conversation);
}

function bring(message) {
  pending += 1;
  const queue = queues.get(message.conversation);
  if (queue) {
    queue.push(message);
    return;
  }
  const fresh = [message];
  queues.set(message.conversation, fresh);
  work(message.conversation, fresh);
}

const app = express();
app.use(express.json());
const server = http.createServer(app);
const io = new Server(server);
io.on("connection", (socket) => socket.on("watch", (conversation) => socket.join(conversation)));

app.post("/v1/api/chat", (request, response) => {
  const { client, request_id, payload } = request.body;
  const message = accept(request_id, client.user_id, payload?.content?.text ?? "");
  if (message) {
    io.to(message.conversation).emit("message", { n: message.n, text: message.text });
    bring(message);
  }
  response.json({ request_id, messages: [] });
});
app.get("/pending", (_, response) => response.json({ pending }));

// What was left when the program ended.
for (const message of waiting.all()) bring(message);
server.listen(0, "127.0.0.1", 1024, () => console.log(`http://127.0.0.1:${server.address().port}`));
