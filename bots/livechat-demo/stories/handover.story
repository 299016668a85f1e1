# Played by: handover bot test bots/livechat-demo/stories/*.story

story: to a human and back
metadata: {"name": "Eve"}
contact opens
bot: Hello Eve, I am the assistant of the demo shop.
bot asks: What would you like to do? [Small talk] [What do you know about me?] [Talk to a human]
contact presses: Talk to a human
session starts
gateway: ...
agent accepts
agent joins
agent: Good morning Eve, how can I help?
agent says: Good morning Eve, how can I help?
contact: Where is my parcel?
agent: It arrives today. LIVECHAT_SESSION_END
agent says: It arrives today.
gateway asks: ... [End the chat]
contact: Thank you!
contact presses: End the chat
session ends: contact_ended
bot gets: LIVECHAT_SESSION_END
bot: Welcome back! I hope Ada could help you.
bot asks: What would you like to do? ...

story: a typed word counts as the button
contact opens
bot: Hello, ...
bot asks: ...
contact: HUMAN
session starts
gateway: ...

story: nobody writes
contact opens
bot: Hello, ...
bot asks: ...
contact presses: Talk to a human
session starts
gateway: ...
session expires
session ends: expired
bot gets: LIVECHAT_SESSION_EXPIRED
bot: The session expired because nobody wrote for a while. I am the assistant again.
bot asks: ...

story: an agent takes over in the middle of small talk
contact opens
bot: ...
bot asks: ...
contact presses: Small talk
bot: I like small talk. How are you today?
agent: May I join?
session starts
agent joins
agent says: May I join?
agent hands back
session ends: agent_ended
bot gets: LIVECHAT_SESSION_END
bot: Welcome back! I hope Ada could help you.
bot asks: ...

story: a human before anything else
contact presses: LIVECHAT_SESSION_START
session starts
gateway: ...
contact presses: LIVECHAT_SESSION_END
session ends: contact_ended
bot gets: LIVECHAT_SESSION_END
bot: Welcome back! I am the assistant again.
bot asks: ...
