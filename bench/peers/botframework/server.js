// A router to a human with the Bot Framework's SDK: what a user says goes on to the agent's conversation. Who talks to whom is
// in memory, nothing is stored, and a message whose way fails is lost.

import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
} from "botbuilder";
import express from "express";

const [sink] = process.argv.slice(2);

// Without an app's id the adapter asks nobody for tokens.
const credentials = new ConfigurationServiceClientCredentialFactory({});
const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}, credentials));
adapter.onTurnError = async (_, error) => {
  console.error(error);
  throw error;
};

/** The agent's end of each user's conversation. */
const handed = new Map();

function agentOf(user) {
  return {
    channelId: "bench",
    serviceUrl: `http://${sink}`,
    bot: { id: "router" },
    user: { id: "agent" },
    conversation: { id: `agent-${user}` },
  };
}

async function turn(context) {
  const { type, text, from } = context.activity;
  if (type !== "message") return;
  const agent = handed.get(from.id);
  if (text === "human") {
    handed.set(from.id, agentOf(from.id));
  } else if (agent) {
    await adapter.continueConversationAsync("", agent, (toAgent) => toAgent.sendActivity(text));
  }
}

const app = express();
app.use(express.json());
app.post("/api/messages", (request, response) => adapter.process(request, response, turn));
const server = app.listen(0, "127.0.0.1", 1024, () => console.log(`http://127.0.0.1:${server.address().port}`));
