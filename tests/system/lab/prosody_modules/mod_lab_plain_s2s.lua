-- A server that knows no TLS between servers: it neither offers STARTTLS nor uses it, nor begins it
-- when it is asked for all the same.
local st = require "util.stanza";
local xmlns_tls = "urn:ietf:params:xml:ns:xmpp-tls";

module:hook("s2s-stream-features", function(event)
	event.features:maptags(function(tag)
		return tag.name ~= "starttls" and tag or nil;
	end);
end, -1000);

module:hook_tag("http://etherx.jabber.org/streams", "features", function(_, stanza)
	stanza:remove_children("starttls", xmlns_tls);
end, 1000);

module:hook("stanza/" .. xmlns_tls .. ":starttls", function(event)
	local origin = event.origin;
	if origin.type == "s2sin_unauthed" then
		origin.sends2s(st.stanza("failure", { xmlns = xmlns_tls }));
		origin:close();
		return true;
	end
end, 1000);
