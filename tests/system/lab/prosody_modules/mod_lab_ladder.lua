-- Notes when each message reaches this server, with the time, for the demo's ladder.
local now = require "util.time".now;
local json = require "util.json".encode;

local function note(event)
	local stanza, origin = event.stanza, event.origin;
	module:log("info", "LADDER %s", json({
		at = now(), origin = origin and origin.type, type = stanza.attr.type, id = stanza.attr.id,
		from = stanza.attr.from, to = stanza.attr.to, body = stanza:get_child_text("body"),
	}));
end

for _, name in ipairs { "message/bare", "message/full", "pre-message/bare", "pre-message/full" } do
	module:hook(name, note, 1000);
end
