-- A server that knows no TLS between servers: it neither offers STARTTLS nor uses it.
local xmlns_tls = "urn:ietf:params:xml:ns:xmpp-tls";

module:hook("s2s-stream-features", function(event)
	event.features:maptags(function(tag)
		return tag.name ~= "starttls" and tag or nil;
	end);
end, -1000);

module:hook_tag("http://etherx.jabber.org/streams", "features", function(_, stanza)
	stanza:remove_children("starttls", xmlns_tls);
end, 1000);
