// German of the codes of what passes, and the servers around; see de_codes.ts.
import type { CodeText } from './de_codes';

export const trafficCodes: Record<string, CodeText> = {
  'IST-DB-001': {
    of: 'The partner refused our dialback key.',
    sentence: 'Der Partner hat unseren Dialback-Schlüssel abgelehnt.',
    fix: 'Sein Server konnte uns zur Prüfung nicht erreichen: prüfen Sie, ob unser SRV-Eintrag und Port 5269 stimmen.',
  },
  'IST-DB-002': {
    of: "The partner's dialback key is wrong.",
    sentence: 'Der Dialback-Schlüssel des Partners ist falsch.',
    fix: 'Hier ist nichts zu tun: der Anspruch auf die Domäne war falsch, oder seine Server teilen kein Geheimnis.',
  },
  'IST-DB-003': {
    of: 'The partner did not call back in time.',
    sentence: 'Der Partner hat nicht rechtzeitig zurückgerufen.',
    fix: 'Prüfen Sie, ob sein Server uns auf Port 5269 erreicht.',
  },
  'IST-DNS-001': {
    of: "The partner's domain does not exist in DNS.",
    sentence: 'Die Domäne des Partners gibt es im DNS nicht.',
    fix: 'Prüfen Sie die Schreibweise der Domäne.',
  },
  'IST-DNS-002': {
    of: 'The domain has neither a service record nor an address.',
    sentence: 'Die Domäne hat weder einen SRV-Eintrag noch eine Adresse.',
    fix: 'Der Partner muss einen SRV-Eintrag oder eine Adresse veröffentlichen; oder setzen Sie für ihn einen Proxy-FQDN.',
  },
  'IST-DNS-003': {
    of: 'The partner says in DNS that it offers no such service.',
    sentence: 'Der Partner sagt im DNS, dass er diesen Dienst nicht anbietet.',
    fix: "Sein SRV-Eintrag nennt das Ziel '.'; fragen Sie den Partner.",
  },
  'IST-DNS-004': {
    of: 'The name server did not answer in time.',
    sentence: 'Der Nameserver hat nicht rechtzeitig geantwortet.',
    fix: 'Prüfen Sie [dns] servers und das Netz dorthin.',
  },
  'IST-DNS-005': {
    of: "The partner's DNS leads to an address of a closed network, or of the gateway itself.",
    sentence: 'Das DNS des Partners führt zu einer Adresse eines geschlossenen Netzes oder des Gateways selbst.',
    fix: 'Steht sein Server dort: isthmus partner set DOMÄNE --allow-private-addresses true, oder schreiben Sie Namen und Adresse in [dns.static]. Sonst will jemand, dass wir eigene Rechner anrufen.',
  },
  'IST-DNS-006': {
    of: "The partner's service record names a server that has no address.",
    sentence: 'Der SRV-Eintrag des Partners nennt einen Server, der keine Adresse hat.',
    fix: 'Der Partner muss den Eintrag berichtigen oder die Adresse veröffentlichen; oder setzen Sie für ihn einen Proxy-FQDN.',
  },
  'IST-HOME-001': {
    of: 'Somebody tried to sign in to the home server with a wrong name or password.',
    sentence: 'Jemand wollte sich am Heimserver mit falschem Namen oder Kennwort anmelden.',
    fix: 'Nichts, wenn es ein Versehen war; `isthmus user password BENUTZER` setzt ein neues Kennwort. Der Beleg sagt, von wo.',
  },
  'IST-HOME-002': {
    of: 'Sign-in from one address is locked for five minutes after too many wrong passwords.',
    sentence: 'Die Anmeldung von einer Adresse ist nach zu vielen falschen Kennwörtern für fünf Minuten gesperrt.',
    fix: 'Warten Sie; oder finden Sie im Beleg, wessen Gerät rät, oft eines mit einem alten Kennwort.',
  },
  'IST-HOME-003': {
    of: 'Policy does not let this user sign in to the home server.',
    sentence: 'Dieser Benutzer darf sich am Heimserver nicht anmelden.',
    fix: '`isthmus user get BENUTZER`: er muss eingetragen und freigegeben sein, und er meldet sich nur selbst an.',
  },
  'IST-HOME-004': {
    of: 'The connection of a device that was signed in is gone.',
    sentence: 'Die Verbindung eines angemeldeten Geräts ist weg.',
    fix: 'Nichts: es meldet sich wieder an, wenn es zurückkommt; bis dahin ist der Benutzer vielleicht abwesend.',
  },
  'IST-HOME-005': {
    of: 'Passwords of the home server could not be opened: no key here fits.',
    sentence: 'Kennwörter des Heimservers ließen sich nicht öffnen: kein Schlüssel hier passt.',
    fix: 'Legen Sie `secret.key` aus der Sicherung in das Zustandsverzeichnis zurück, oder setzen Sie neue Kennwörter.',
  },
  'IST-HOME-006': {
    of: 'The home server keeps no more of this: a limit is reached.',
    sentence: 'Davon bewahrt der Heimserver nicht mehr auf: eine Grenze ist erreicht.',
    fix: 'Der Beleg nennt die Grenze: Kontakte oder Gruppen eines Benutzers, Geräte aller.',
  },
  'IST-HOME-007': {
    of: 'A device that was signed in left two requests without an answer, and was signed out.',
    sentence: 'Ein angemeldetes Gerät ließ zwei Anfragen unbeantwortet und wurde abgemeldet.',
    fix: 'Nichts, wenn es ausgeschaltet wurde. Sonst hat eine Firewall oder Adressumsetzung auf dem Weg es vergessen: Lassen Sie es seine Verbindung wachhalten oder sich über TLS oder TCP statt UDP verbinden.',
  },
  'IST-HOME-010': {
    of: 'There is no home server: [home] enabled is false.',
    sentence: 'Es gibt keinen Heimserver: [home] enabled ist false.',
    fix: 'Setzen Sie [home] enabled = true in der Konfiguration und starten Sie das Gateway neu.',
  },
  'IST-LIM-001': {
    of: 'A message was too large.',
    sentence: 'Eine Nachricht war zu groß.',
    fix: 'Nichts; oder erhöhen Sie [limits].',
  },
  'IST-LIM-002': {
    of: 'A queue is full.',
    sentence: 'Eine Warteschlange ist voll.',
    fix: 'Siehe `isthmus status`: die andere Seite nimmt keine Nachrichten an.',
  },
  'IST-LIM-003': {
    of: 'A peer sends faster than its limit.',
    sentence: 'Eine Gegenstelle sendet schneller, als ihre Grenze erlaubt.',
    fix: 'Der Beleg sagt, wer es ist.',
  },
  'IST-LIM-004': {
    of: 'The process has no file descriptors or memory left for a new connection.',
    sentence: 'Der Prozess hat keine Dateideskriptoren oder keinen Speicher mehr für eine neue Verbindung.',
    fix: 'Erhöhen Sie LimitNOFILE des Dienstes; `isthmus status` zeigt, wer Verbindungen hält.',
  },
  'IST-LIM-005': {
    of: 'Too many subscriptions wait to be stored; new ones are refused, other changes tried again.',
    sentence: 'Zu viele Abonnements warten auf das Speichern; neue werden abgelehnt, andere Änderungen noch einmal versucht.',
    fix: 'Die Platte des Zustandsverzeichnisses kommt nicht nach: siehe isthmus_subscription_writes_waiting.',
  },
  'IST-LIM-010': {
    of: 'There are as many streams with the partner as its limit allows.',
    sentence: 'Mit dem Partner gibt es so viele Streams, wie seine Grenze erlaubt.',
    fix: '`isthmus status` zeigt die vorhandenen; braucht der Partner mehr: isthmus partner set DOMÄNE --connection-limit N, oder --partner-connection-limit des Gateways.',
  },
  'IST-LIM-011': {
    of: "There are as many streams with all partners as the gateway's limit allows.",
    sentence: 'Mit allen Partnern gibt es so viele Streams, wie die Grenze des Gateways erlaubt.',
    fix: 'isthmus gateway set --connection-limit N; LimitNOFILE des Dienstes muss es erlauben.',
  },
  'IST-LIM-012': {
    of: 'A connection that had not authenticated was ended to make room for newer ones.',
    sentence: 'Eine Verbindung, die sich nicht ausgewiesen hatte, wurde beendet, um neueren Platz zu machen.',
    fix: 'Viele davon: jemand öffnet Verbindungen und lässt sie liegen; der Beleg nennt die Adressen, halten Sie sie in der Firewall auf.',
  },
  'IST-LIM-013': {
    of: 'A connection to a SIP port was refused: there are as many as the limit allows.',
    sentence: 'Eine Verbindung zu einem SIP-Port wurde abgewiesen: es sind so viele da, wie die Grenze erlaubt.',
    fix: 'Der Beleg sagt, wessen: 1.024 von einer Adresse, auf denen sich niemand angemeldet hat (256 ohne Heimserver), bedeuten, dass jemand sie öffnet und liegen lässt, oder dass sehr viele Geräte hinter einer Adresse auf einmal zurückkommen: diese versuchen es wieder. Für alle: [home] max_devices und 4.096.',
  },
  'IST-LIM-014': {
    of: 'A SIP connection was closed: a message did not arrive whole within 20 seconds.',
    sentence: 'Eine SIP-Verbindung wurde geschlossen: eine Nachricht kam in 20 Sekunden nicht vollständig an.',
    fix: 'Einmal: ein Gerät an einer schlechten Leitung, das wiederkommt. Oft, von einer Adresse: das Netz dort verliert Pakete, oder jemand hält Verbindungen absichtlich offen.',
  },
  'IST-POL-001': {
    of: 'No XMPP federated partner holds that domain.',
    sentence: 'Kein XMPP-Verbundpartner hat diese Domäne.',
    fix: 'Wenn Ihre Benutzer mit ihr sprechen dürfen: legen Sie den Partner an (isthmus partner create), mit der Domäne aus dem Beleg.',
  },
  'IST-POL-002': {
    of: "The user's external access policy forbids XMPP federation.",
    sentence: 'Die Richtlinie des Benutzers für den externen Zugriff verbietet den XMPP-Verbund.',
    fix: 'isthmus policy set, mit der Richtlinie aus dem Beleg, --enable-federation-access true --enable-xmpp-access true: beides muss gelten.',
  },
  'IST-POL-003': {
    of: 'Federation is switched off for the whole organisation.',
    sentence: 'Der Verbund ist für die ganze Organisation ausgeschaltet.',
    fix: 'isthmus access-edge set --allow-federated-users true',
  },
  'IST-POL-004': {
    of: 'The partner is disabled.',
    sentence: 'Der Partner ist gesperrt.',
    fix: 'Wenn er wieder verwendet werden darf: isthmus partner enable, mit dem Partner aus dem Beleg.',
  },
  'IST-POL-005': {
    of: 'The XMPP gateway is switched off.',
    sentence: 'Das XMPP-Gateway ist ausgeschaltet.',
    fix: 'isthmus gateway set --enabled true',
  },
  'IST-POL-006': {
    of: 'The local domain is not one that we serve.',
    sentence: 'Die lokale Domäne ist keine, die wir bedienen.',
    fix: 'Ergänzen Sie sie in [sip] domains und in `domains` ihres [[sip.peer]], wenn ihre Benutzer unsere sind.',
  },
  'IST-POL-007': {
    of: "The partner's users are not verified, and this one is no contact of the recipient.",
    sentence: 'Die Benutzer des Partners sind nicht geprüft, und dieser ist kein Kontakt des Empfängers.',
    fix: 'Der Empfänger muss den Absender als Kontakt aufnehmen oder zuerst schreiben; oder ändern Sie den Partnertyp, wenn seinen Benutzern zu trauen ist.',
  },
  'IST-POL-008': {
    of: 'The domain is on the block list.',
    sentence: 'Die Domäne steht auf der Sperrliste.',
    fix: 'isthmus partner unblock DOMÄNE, wenn mit ihr wieder gesprochen werden darf; der Beleg nennt den Eintrag.',
  },
  'IST-POL-009': {
    of: 'The user is disabled.',
    sentence: 'Der Benutzer ist gesperrt.',
    fix: 'isthmus user set BENUTZER --enabled true, wenn er wieder sprechen darf.',
  },
  'IST-SIP-001': {
    of: 'A SIP message was malformed.',
    sentence: 'Eine SIP-Nachricht war fehlerhaft.',
    fix: 'Siehe Beleg; sagen Sie es dem Betreiber der Gegenstelle.',
  },
  'IST-SIP-002': {
    of: 'The SIP peer did not answer.',
    sentence: 'Der SIP-Peer hat nicht geantwortet.',
    fix: 'Prüfen Sie das Ziel des Peers und ob er zu uns und zurück vermittelt.',
  },
  'IST-SIP-003': {
    of: 'The SIP peer refused the message.',
    sentence: 'Der SIP-Peer hat die Nachricht abgelehnt.',
    fix: 'Der Beleg beginnt mit seinem Statuscode: was jeder bedeutet, steht auf der Seite dieses Codes. Warum er ablehnte, sagt das Protokoll des SIP-Systems.',
  },
  'IST-SIP-004': {
    of: 'A message went in circles.',
    sentence: 'Eine Nachricht lief im Kreis.',
    fix: 'Das SIP-System schickt uns, was für seine eigenen Benutzer ist: prüfen Sie seine Routen.',
  },
  'IST-SIP-005': {
    of: 'A SIP message has no counterpart in XMPP.',
    sentence: 'Für eine SIP-Nachricht gibt es in XMPP keine Entsprechung.',
    fix: 'Der Beleg sagt, für was; der Absender hat es erfahren.',
  },
  'IST-SIP-006': {
    of: 'The SIP side refused a presence subscription, or ended it.',
    sentence: 'Die SIP-Seite hat ein Anwesenheitsabonnement abgelehnt oder beendet.',
    fix: 'Der Beleg enthält Statuscode oder Grund; isthmus subscription get ID zeigt, ob es noch einmal versucht wird.',
  },
  'IST-SIP-010': {
    of: 'A connection to the SIP peer was dead, and was closed.',
    sentence: 'Eine Verbindung zum SIP-Peer war tot und wurde geschlossen.',
    fix: 'Eine Firewall oder Adressübersetzung unterwegs vergisst ruhende Verbindungen, oder der Peer wurde neu gestartet; die nächste Anfrage öffnet eine neue.',
  },
  'IST-SIP-030': {
    of: 'The session with the SIP user ended twice before a message could be sent in it.',
    sentence: 'Die Sitzung mit dem SIP-Benutzer endete zweimal, bevor eine Nachricht in ihr gesendet werden konnte.',
    fix: 'Die SIP-Seite nimmt INVITE an und beendet oder bestätigt die Sitzung nie: sehen Sie in ihr Log; der Absender hat es erfahren.',
  },
  'IST-SIP-031': {
    of: "The SIP peer's answer to INVITE cannot be used.",
    sentence: 'Die Antwort des SIP-Peers auf INVITE ist nicht zu gebrauchen.',
    fix: 'Ein 2xx braucht eine Kennung in To und ein Contact mit einer SIP-URI: etwas unterwegs nimmt sie heraus.',
  },
  'IST-TCP-001': {
    of: 'No address of the partner accepted a connection.',
    sentence: 'Keine Adresse des Partners hat eine Verbindung angenommen.',
    fix: 'Prüfen Sie Firewalls auf dem Weg zu den Adressen im Beleg.',
  },
  'IST-TCP-002': {
    of: 'Another program listens on an address that we are to listen on.',
    sentence: 'Ein anderes Programm lauscht auf einer Adresse, auf der wir lauschen sollen.',
    fix: 'Der Beleg nennt den Befehl, der zeigt, welches. Halten Sie es an, oder ändern Sie die Adresse in der Konfigurationsdatei.',
  },
  'IST-TCP-003': {
    of: 'The process may not listen on a port below 1024.',
    sentence: 'Der Prozess darf nicht auf einem Port unter 1024 lauschen.',
    fix: 'Wählen Sie einen Port über 1023, oder starten Sie ihn durch die systemd-Unit, die CAP_NET_BIND_SERVICE gewährt.',
  },
  'IST-TCP-004': {
    of: 'An address that we are to listen on cannot be listened on.',
    sentence: 'Auf einer Adresse, auf der wir lauschen sollen, lässt sich nicht lauschen.',
    fix: 'Es muss eine Adresse dieser Maschine sein (ip address zeigt sie), oder [::] für alle.',
  },
  'IST-TCP-005': {
    of: "The partner's address is one of this gateway's own listeners.",
    sentence: 'Die Adresse des Partners gehört zu diesem Gateway selbst.',
    fix: 'Berichtigen Sie den SRV-Eintrag oder den Proxy-FQDN des Partners, die zu uns zurückführen; ist die Domäne eine eigene, so ist sie kein Partner: isthmus partner delete DOMÄNE.',
  },
  'IST-TCP-010': {
    of: 'The partner did not connect to us.',
    sentence: 'Der Partner hat sich nicht mit uns verbunden.',
    fix: 'Veröffentlichen Sie den SRV-Eintrag _xmpp-server._tcp unserer Domäne und lassen Sie TCP-Port 5269 von überall herein; der Beleg zeigt, was DNS über uns sagt.',
  },
  'IST-TLS-001': {
    of: 'The partner offers no encryption and its settings require it.',
    sentence: 'Der Partner bietet keine Verschlüsselung an, und seine Einstellungen verlangen sie.',
    fix: 'Der Partner muss STARTTLS anbieten; oder schwächen Sie TLS Negotiation für ihn ab.',
  },
  'IST-TLS-002': {
    of: 'The TLS handshake failed.',
    sentence: 'Der TLS-Aufbau ist gescheitert.',
    fix: 'Der Beleg enthält den Grund von OpenSSL und was er bedeutet. Wenn die andere Seite unser Zertifikat ablehnt (unknown ca: seine Kette; expired: seine Daten; bad oder unknown certificate: seine Namen): `isthmus cert served` zeigt Namen, Kette und Daten, wie andere sie sehen, `isthmus cert import FILE --use sip,xmpp-s2s` ersetzt es. Was die andere Seite vorzeigt: `openssl s_client -connect HOST:PORT -showcerts`, für XMPP mit `-starttls xmpp-server -xmpphost DOMAIN`.',
  },
  'IST-TLS-003': {
    of: 'The partner demands encryption and its settings here do not allow it.',
    sentence: 'Der Partner verlangt Verschlüsselung, und seine Einstellungen hier erlauben sie nicht.',
    fix: 'Setzen Sie TLS Negotiation des Partners auf Optional oder Required.',
  },
  'IST-TLS-004': {
    of: 'The SIP peer speaks an older version of TLS than its min_tls_version.',
    sentence: 'Der SIP-Peer spricht eine ältere TLS-Version als sein min_tls_version.',
    fix: 'Lassen Sie ihn TLS 1.3 sprechen, oder senken Sie min_tls_version des [[sip.peer]] auf 1.2.',
  },
  'IST-XMPP-001': {
    of: 'A stream broke the rules of XMPP.',
    sentence: 'Ein Stream hat die Regeln von XMPP verletzt.',
    fix: 'Siehe Beleg; sagen Sie es seinem Betreiber.',
  },
  'IST-XMPP-002': {
    of: 'The partner closed the stream with an error.',
    sentence: 'Der Partner hat den Stream mit einem Fehler geschlossen.',
    fix: 'Der Beleg nennt ihn.',
  },
  'IST-XMPP-003': {
    of: 'The link to the partner did not come up in time.',
    sentence: 'Die Verbindung zum Partner kam nicht rechtzeitig zustande.',
    fix: 'isthmus status zeigt ihren letzten Fehler.',
  },
  'IST-XMPP-004': {
    of: 'An XMPP message has no counterpart in SIP.',
    sentence: 'Für eine XMPP-Nachricht gibt es in SIP keine Entsprechung.',
    fix: 'Der Beleg sagt, für was; der Absender hat es erfahren.',
  },
  'IST-XMPP-005': {
    of: 'The partner returned an error for a message that it had taken.',
    sentence: 'Der Partner hat für eine schon angenommene Nachricht einen Fehler zurückgegeben.',
    fix: 'Der Beleg nennt die Bedingung; der SIP-Absender hat es erfahren, wenn er um Nachricht gebeten hatte.',
  },
  'IST-XMPP-006': {
    of: 'The partner returned an error for a presence subscription.',
    sentence: 'Der Partner hat für ein Anwesenheitsabonnement einen Fehler zurückgegeben.',
    fix: 'Der Beleg nennt die Bedingung: es gibt den Benutzer nicht, es ist nicht erlaubt, oder sein Server ist nicht erreichbar.',
  },
  'IST-XMPP-010': {
    of: 'The partner refused our certificate (SASL EXTERNAL); dialback is used instead.',
    sentence: 'Der Partner hat unser Zertifikat abgelehnt (SASL EXTERNAL); statt dessen wird Dialback verwendet.',
    fix: 'Nachrichten fließen. Der Beleg enthält den Grund des Partners: sein Server soll der Stelle unseres Zertifikats vertrauen, oder setzen Sie SASL negotiation auf Not Supported.',
  },
  'IST-XMPP-011': {
    of: "The partner's stream was silent for longer than the keep-alive interval.",
    sentence: 'Der Stream des Partners schwieg länger als das Keep-alive-Intervall.',
    fix: 'Ein neuer Stream entsteht, wenn er gebraucht wird. Sendet der Server des Partners keine Keep-alives: isthmus partner set DOMÄNE --enable-keep-alive false.',
  },
  'IST-XMPP-012': {
    of: 'The stream to the partner broke before it had acknowledged the message.',
    sentence: 'Der Stream zum Partner brach ab, bevor er die Nachricht bestätigt hatte.',
    fix: 'Sie kann angekommen sein oder nicht; der Absender hat erfahren, dass sie gescheitert ist. `isthmus status` zeigt den Fehler der Verbindung.',
  },
};
