-- Notes when each message and presence reaches this server, with the time, for the demo's ladder.
local now = require "util.time".now;
local json = require "util.json".encode;

local function note(event)
	local stanza, origin = event.stanza, event.origin;
	module:log("info", "LADDER %s", json({
		at = now(), origin = origin and origin.type, name = stanza.name, type = stanza.attr.type,
		id = stanza.attr.id, from = stanza.attr.from, to = stanza.attr.to,
		body = stanza:get_child_text("body"), show = stanza:get_child_text("show"),
	}));
end

for _, name in ipairs { "message", "presence" } do
	for _, address in ipairs { "bare", "full" } do
		module:hook(name .. "/" .. address, note, 1000);
		module:hook("pre-" .. name .. "/" .. address, note, 1000);
	end
end
