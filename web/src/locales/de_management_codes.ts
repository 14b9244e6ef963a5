// German of the codes of the API, accounts and the configuration; see de_codes.ts.
import type { CodeText } from './de_codes';

export const managementCodes: Record<string, CodeText> = {
  'IST-API-001': {
    of: 'The request is not valid.',
    sentence: 'Die Angaben sind nicht gültig.',
    fix: 'Berichtigen Sie, was die Meldung nennt: sie sagt, was dort erwartet wird.',
  },
  'IST-API-002': {
    of: 'There is no such object.',
    sentence: 'Dieses Objekt gibt es nicht.',
    fix: 'Prüfen Sie den Namen an der Liste seiner Art: `isthmus partner list`, `isthmus policy list`, `isthmus config history` und so fort.',
  },
  'IST-API-003': {
    of: 'An object of that name exists already.',
    sentence: 'Ein Objekt dieses Namens gibt es schon.',
    fix: 'Ändern Sie das vorhandene Objekt oder wählen Sie einen anderen Namen.',
  },
  'IST-API-004': {
    of: 'The database could not be written; nothing was accepted.',
    sentence: 'Die Datenbank ließ sich nicht beschreiben; nichts wurde angenommen.',
    fix: 'Der Beleg nennt den Grund der Datenbank: prüfen Sie Platz und Rechte des Zustandsverzeichnisses.',
  },
  'IST-API-005': {
    of: 'The object was changed by somebody else in the meantime; nothing was saved.',
    sentence: 'Jemand anders hat das Objekt inzwischen geändert; nichts wurde gespeichert.',
    fix: 'Lesen Sie es neu, sehen Sie nach, was sich geändert hat, und wiederholen Sie Ihre Änderung darauf.',
  },
  'IST-API-006': {
    of: 'The request is not signed in.',
    sentence: 'Die Anfrage ist nicht angemeldet.',
    fix: 'Melden Sie sich an, senden Sie ein Token (`isthmus admin token create`) oder nutzen Sie den Unix-Socket auf dem Gateway selbst.',
  },
  'IST-API-007': {
    of: "The administrator's role does not have the right that this needs.",
    sentence: 'Die Rolle des Administrators hat das nötige Recht nicht.',
    fix: 'Fragen Sie einen Administrator mit der Rolle admin; `isthmus admin set NAME --role ROLLE` gibt eine andere Rolle.',
  },
  'IST-API-008': {
    of: 'The type of the body is not one that the API reads.',
    sentence: 'Diesen Inhaltstyp liest die Schnittstelle nicht.',
    fix: 'Senden Sie JSON mit `Content-Type: application/json`.',
  },
  'IST-API-010': {
    of: 'Something still uses the object; nothing was deleted.',
    sentence: 'Das Objekt wird noch verwendet; nichts wurde gelöscht.',
    fix: 'Nehmen Sie es zuerst außer Gebrauch; oder wiederholen Sie es mit „trotzdem“, wenn die genannten Folgen gewollt sind.',
  },
  'IST-API-011': {
    of: 'Too many tests are under way at once.',
    sentence: 'Zu viele Prüfungen laufen gleichzeitig.',
    fix: 'Warten Sie, bis eine davon zu Ende ist, und versuchen Sie es dann noch einmal.',
  },
  'IST-API-020': {
    of: 'The directory cannot be reached, or did not answer in time.',
    sentence: 'Das Verzeichnis ist nicht erreichbar oder hat nicht rechtzeitig geantwortet.',
    fix: 'Der Beleg sagt, wo es endete: prüfen Sie `url` in [directory], den Weg dorthin und ob das Verzeichnis läuft; bis dahin bleiben die Benutzer, wie sie sind.',
  },
  'IST-API-021': {
    of: 'The directory server did not prove who it is.',
    sentence: 'Der Verzeichnisserver hat nicht bewiesen, wer er ist.',
    fix: '`ca_files` in [directory] muss die Stelle seines Zertifikats enthalten, und das Zertifikat muss den Hostnamen aus `url` tragen; bei ldap:// muss der Server StartTLS anbieten.',
  },
  'IST-API-022': {
    of: 'The directory refused our name or password.',
    sentence: 'Das Verzeichnis hat unseren Namen oder unser Kennwort abgelehnt.',
    fix: 'Prüfen Sie `bind_dn` und den Inhalt von `password_file` in [directory] und ob das Konto gesperrt ist.',
  },
  'IST-API-023': {
    of: "The directory's answer is not complete, so none of it was used.",
    sentence: 'Die Antwort des Verzeichnisses ist nicht vollständig; nichts davon wurde verwendet.',
    fix: 'Der Beleg nennt den Grund des Verzeichnisses: eine Basis, die es nicht gibt, eine Grenze für Einträge oder Zeit dort, oder `max_entries` und `deadline_seconds` hier.',
  },
  'IST-API-024': {
    of: "The directory's answer would remove or disable too many users; nothing has changed.",
    sentence: 'Die Antwort des Verzeichnisses würde zu viele Benutzer entfernen oder sperren; nichts wurde geändert.',
    fix: 'Sehen Sie `isthmus user sync --dry-run` an: meist stimmt der Filter oder die Basis nicht. Sind sie wirklich weg: `isthmus user sync --force`.',
  },
  'IST-API-025': {
    of: 'A synchronisation with the directory is under way already.',
    sentence: 'Ein Abgleich mit dem Verzeichnis läuft schon.',
    fix: 'Warten Sie darauf: `isthmus status` zeigt, wann er zu Ende ist.',
  },
  'IST-API-026': {
    of: 'No directory is configured.',
    sentence: 'Es ist kein Verzeichnis eingerichtet.',
    fix: 'Schreiben Sie einen Abschnitt [directory] mit `url` und `base` in die Konfigurationsdatei und starten Sie neu.',
  },
  'IST-API-030': {
    of: 'The passphrase does not open the backup.',
    sentence: 'Die Passphrase öffnet die Sicherung nicht.',
    fix: 'Geben Sie die Passphrase an, mit der sie gemacht wurde. Ohne sie kann niemand die Sicherung öffnen.',
  },
  'IST-API-031': {
    of: 'The file is no backup of Isthmus, or not as it was written; nothing was changed.',
    sentence: 'Die Datei ist keine Sicherung von Isthmus oder nicht so, wie sie geschrieben wurde; nichts wurde geändert.',
    fix: 'Der Beleg sagt, wo sie beschädigt ist. Kopieren Sie sie noch einmal oder nehmen Sie eine andere; `isthmus backup verify DATEI` liest sie ganz.',
  },
  'IST-API-032': {
    of: 'A newer program wrote the backup; nothing was changed.',
    sentence: 'Ein neueres Programm hat die Sicherung geschrieben; nichts wurde geändert.',
    fix: 'Stellen Sie sie mit der Version wieder her, die sie gemacht hat, oder mit einer neueren.',
  },
  'IST-API-033': {
    of: 'After the restoration no administrator of the role admin could sign in; nothing was changed.',
    sentence: 'Nach der Wiederherstellung könnte sich kein Administrator der Rolle admin anmelden; nichts wurde geändert.',
    fix: 'Nehmen Sie eine Sicherung, in der ein freigegebenes Konto der Rolle admin ist. Ein Gateway, das nie ein Konto hatte, nimmt in einem neuen Zustandsverzeichnis jede Sicherung.',
  },
  'IST-API-034': {
    of: 'What the backup holds does not fit this gateway; nothing was changed.',
    sentence: 'Was die Sicherung enthält, passt nicht zu diesem Gateway; nichts wurde geändert.',
    fix: 'Der Beleg nennt das Objekt. Stellen Sie mit der Konfigurationsdatei des Gateways wieder her, das sie gemacht hat, oder nehmen Sie das Objekt dort heraus und sichern Sie neu.',
  },
  'IST-API-035': {
    of: "There is no room on the gateway's disk for what is being sent; nothing was changed.",
    sentence: 'Auf der Platte des Gateways ist kein Platz für das Gesendete; nichts wurde geändert.',
    fix: 'Hochgeladenes, Sicherungen und Exporte liegen unterwegs im Zustandsverzeichnis: schaffen Sie dort Platz.',
  },
  'IST-API-036': {
    of: 'A secret in the database cannot be opened with the keys of this machine.',
    sentence: 'Ein Geheimnis in der Datenbank lässt sich mit den Schlüsseln dieser Maschine nicht öffnen.',
    fix: 'Legen Sie die Datei secret.key des Zustandsverzeichnisses zurück (Modus 0600) oder stellen Sie eine Sicherung wieder her, die ihre Schlüssel mitbringt; sonst setzen Sie das Geheimnis neu (`isthmus admin reset-totp NAME`, `isthmus gateway set --dialback-passphrase -`).',
  },
  'IST-API-037': {
    of: 'The database is damaged; the gateway does not start with it.',
    sentence: 'Die Datenbank ist beschädigt; das Gateway startet nicht mit ihr.',
    fix: 'Der Beleg nennt die Datei und den Fehler. Legen Sie sie beiseite, starten Sie das Gateway mit einer neuen und stellen Sie die neueste Sicherung wieder her (`isthmus backup restore DATEI`); prüfen Sie die Platte.',
  },
  'IST-API-039': {
    of: 'The audit log is not as it was written.',
    sentence: 'Das Protokoll ist nicht so, wie es geschrieben wurde.',
    fix: 'Die genannte Zeile, oder was vor ihr fehlt, hat jemand geändert, der die Datenbank beschreiben konnte. Vergleichen Sie mit einem Export oder einer Sicherung; finden Sie heraus, wer Zugriff auf die Datenbank hat.',
  },
  'IST-API-040': {
    of: 'Too many clients follow the events or recordings of this gateway.',
    sentence: 'Zu viele Programme verfolgen die Ereignisse oder Aufzeichnungen dieses Gateways.',
    fix: 'Schließen Sie Seiten und Befehle mit `--watch`, die niemand ansieht; 64 dürfen gleichzeitig mitlesen.',
  },
  'IST-API-041': {
    of: 'Too many traces are running.',
    sentence: 'Zu viele Aufzeichnungen laufen.',
    fix: 'Halten Sie eine an, die niemand braucht; 8 dürfen gleichzeitig laufen.',
  },
  'IST-API-042': {
    of: 'Message texts are not recorded without right, setting and reason.',
    sentence: 'Nachrichtentexte werden nicht ohne Recht, Einstellung und Grund aufgezeichnet.',
    fix: 'Die Rolle muss tracer oder admin sein, die Einstellung „Nachrichtentexte protokollieren“ des XMPP-Gateways eingeschaltet, und ein Grund angegeben; ohne Texte braucht eine Aufzeichnung nichts davon.',
  },
  'IST-API-043': {
    of: 'Too much long work of this kind is waiting already.',
    sentence: 'Von dieser langen Arbeit wartet schon zu viel.',
    fix: 'Warten Sie, bis etwas davon zu Ende ist, und versuchen Sie es dann noch einmal.',
  },
  'IST-API-044': {
    of: 'The traffic thread did not answer in time.',
    sentence: 'Der Verkehrsthread hat nicht rechtzeitig geantwortet.',
    fix: 'Versuchen Sie es gleich noch einmal. Bleibt es so, senden Sie das Log an die Verfasser und starten Sie das Gateway neu.',
  },
  'IST-API-045': {
    of: 'There are as many of these as the gateway keeps.',
    sentence: 'Davon gibt es schon so viele, wie das Gateway aufbewahrt.',
    fix: 'Entfernen Sie einige, die niemand braucht.',
  },
  'IST-API-046': {
    of: 'The request failed inside the gateway.',
    sentence: 'Die Anfrage ist im Gateway gescheitert.',
    fix: 'Siehe Beleg und Log: meist ist die Datenbank die Ursache. Wenn nicht, senden Sie beides an die Verfasser.',
  },
  'IST-API-050': {
    of: 'The body of the request is larger than the API takes.',
    sentence: 'Die Anfrage ist größer, als die Schnittstelle annimmt.',
    fix: 'Senden Sie weniger auf einmal: 1 MiB, ohne Anmeldung 64 KiB; eine CSV-Datei mit Benutzern darf 256 MiB haben.',
  },
  'IST-API-051': {
    of: 'The path is known, but not with this method.',
    sentence: 'Den Pfad gibt es, aber nicht mit dieser Methode.',
    fix: 'Verwenden Sie eine der Methoden aus dem Kopffeld Allow; GET /api/v1/openapi.yaml nennt alle.',
  },
  'IST-API-052': {
    of: 'The header of the request is larger than the API takes.',
    sentence: 'Der Kopf der Anfrage ist größer, als die Schnittstelle annimmt.',
    fix: 'Senden Sie weniger oder kürzere Kopffelder.',
  },
  'IST-API-053': {
    of: 'The body is sent in a transfer coding that the API does not know.',
    sentence: 'Der Inhalt kommt in einer Übertragungscodierung, die die Schnittstelle nicht kennt.',
    fix: 'Senden Sie ihn mit Content-Length oder als chunked.',
  },
  'IST-AUTH-001': {
    of: "The SIP peer may not assert the sender's domain.",
    sentence: 'Der SIP-Peer darf nicht für die Domäne des Absenders sprechen.',
    fix: 'Ergänzen Sie die Domäne in `domains` dieses [[sip.peer]], wenn er der Server der Domäne ist.',
  },
  'IST-AUTH-002': {
    of: 'The request came from an address or certificate that belongs to no SIP peer.',
    sentence: 'Die Anfrage kam von einer Adresse oder mit einem Zertifikat, die zu keinem SIP-Peer gehören.',
    fix: 'Ergänzen Sie die Adresse in `addresses` oder den Namen des Zertifikats in `certificate_names` des [[sip.peer]].',
  },
  'IST-AUTH-003': {
    of: 'The XMPP server used a sender domain that it has not proved.',
    sentence: 'Der XMPP-Server verwendete eine Absenderdomäne, die er nicht bewiesen hat.',
    fix: 'Hier ist nichts zu tun: der Server des Partners muss sich für diese Domäne ausweisen.',
  },
  'IST-AUTH-004': {
    of: 'The partner refused our authentication.',
    sentence: 'Der Partner hat unseren Ausweis abgelehnt.',
    fix: 'Siehe Beleg: sein Server nimmt unser Zertifikat nicht an, oder seine Richtlinie sagt nein.',
  },
  'IST-AUTH-010': {
    of: "The administrator's name, password or code is wrong.",
    sentence: 'Name, Kennwort oder Code des Administrators ist falsch.',
    fix: 'Prüfen Sie alle drei; im Protokoll sehen Administratoren, welches es war. Ein anderer Administrator kann ein neues Kennwort setzen oder den zweiten Faktor zurücksetzen.',
  },
  'IST-AUTH-011': {
    of: 'Too many sign-ins have failed for this account or from this address.',
    sentence: 'Zu viele Anmeldungen sind für dieses Konto oder von dieser Adresse gescheitert.',
    fix: 'Warten Sie die genannte Zeit, oder `isthmus admin unlock NAME`.',
  },
  'IST-AUTH-012': {
    of: 'The account has a second factor and no code was given.',
    sentence: 'Das Konto hat einen zweiten Faktor, und es wurde kein Code angegeben.',
    fix: 'Melden Sie sich noch einmal an, mit dem Code aus der App oder einem Wiederherstellungscode.',
  },
  'IST-AUTH-013': {
    of: 'The new password breaks a rule.',
    sentence: 'Das neue Kennwort verstößt gegen eine Regel.',
    fix: 'Wählen Sie 12 Zeichen oder mehr, die nicht der Name des Kontos sind.',
  },
  'IST-AUTH-014': {
    of: 'The last enabled administrator of the role admin cannot be removed, disabled or demoted.',
    sentence: 'Der letzte freigegebene Administrator der Rolle admin kann nicht entfernt, gesperrt oder herabgestuft werden.',
    fix: 'Legen Sie zuerst einen anderen Administrator der Rolle admin an oder geben Sie einen frei.',
  },
  'IST-AUTH-015': {
    of: 'More sign-ins are waiting than the gateway takes.',
    sentence: 'Es warten mehr Anmeldungen, als das Gateway annimmt.',
    fix: 'Versuchen Sie es gleich noch einmal; hält es an, zeigt das Protokoll, wer es versucht.',
  },
  'IST-AUTH-016': {
    of: "A request with a session's cookie did not prove that it comes from the session's page.",
    sentence: 'Eine Anfrage mit dem Cookie einer Sitzung hat nicht bewiesen, dass sie von deren Seite kommt.',
    fix: 'Senden Sie den Wert `csrf` aus `GET /api/v1/session` im Kopffeld X-CSRF-Token.',
  },
  'IST-AUTH-017': {
    of: "The request's Host header names another machine.",
    sentence: 'Das Kopffeld Host der Anfrage nennt eine andere Maschine.',
    fix: 'Verwenden Sie Namen oder Adresse des Gateways, oder ergänzen Sie den Namen in `[admin] names`.',
  },
  'IST-AUTH-018': {
    of: 'The sign-in with the identity provider failed.',
    sentence: 'Die Anmeldung beim Identitätsanbieter ist gescheitert.',
    fix: 'Der Beleg nennt den Schritt; prüfen Sie `[admin.oidc]` und das Protokoll des Anbieters.',
  },
  'IST-AUTH-019': {
    of: 'The sign-in link was used already, is over, or is none.',
    sentence: 'Der Anmeldelink wurde schon benutzt, ist abgelaufen oder ist keiner.',
    fix: 'Machen Sie mit `isthmus admin link` einen neuen.',
  },
  'IST-AUTH-020': {
    of: 'The current password or code, which the change needs, is wrong.',
    sentence: 'Das jetzige Kennwort oder der Code, die die Änderung braucht, ist falsch.',
    fix: 'Geben Sie Kennwort oder Code an, die jetzt gelten; ein anderer Administrator kann ein neues Kennwort setzen oder den zweiten Faktor zurücksetzen.',
  },
  'IST-CFG-001': {
    of: 'The configuration file is not valid.',
    sentence: 'Die Konfigurationsdatei ist nicht gültig.',
    fix: 'Berichtigen Sie die genannten Zeilen; isthmus config check DATEI zeigt sie alle.',
  },
  'IST-CFG-002': {
    of: 'Something in the configuration file will not work as it stands.',
    sentence: 'Etwas in der Konfigurationsdatei wird so nicht wirken.',
    fix: 'Das Gateway läuft ohne es. Berichtigen Sie die genannte Zeile oder nehmen Sie sie heraus.',
  },
  'IST-CFG-003': {
    of: 'Another gateway runs on this state directory.',
    sentence: 'Auf diesem Zustandsverzeichnis läuft schon ein Gateway.',
    fix: 'Halten Sie es zuerst an (systemctl stop isthmus), oder geben Sie jedem sein eigenes state_dir.',
  },
};
