// What the gateway's codes say in German: src/base/*_codes.cpp, sentence by sentence. `of` is the English
// sentence, so that a translation whose original has changed is found.
export interface CodeText {
  of: string;
  sentence: string;
  fix: string;
  /** The English fix, where this one is a translation. */
  ofFix?: string;
}

export const deCodes: Record<string, CodeText> = {
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
  'IST-CERT-001': {
    of: "The partner's certificate does not prove its domain.",
    sentence: 'Das Zertifikat des Partners beweist seine Domäne nicht.',
    fix: 'Der Partner muss ein Zertifikat verwenden, das die Domäne nennt; oder erlauben Sie für ihn Dialback.',
  },
  'IST-CERT-002': {
    of: "The partner's certificate chain is not trusted.",
    sentence: 'Der Zertifikatskette des Partners wird nicht vertraut.',
    fix: 'Ergänzen Sie die ausstellende Stelle in `extra_ca_files`, oder bitten Sie den Partner um ein öffentliches Zertifikat.',
  },
  'IST-CERT-003': {
    of: 'No certificate is configured, so that no TLS handshake with us can succeed.',
    sentence: 'Es ist kein Zertifikat eingerichtet; kein TLS-Aufbau mit uns kann gelingen.',
    fix: 'Importieren Sie eines und weisen Sie es zu (`isthmus cert import DATEI --use sip,xmpp-s2s`); oder setzen Sie certificate_file und private_key_file in [tls], dann isthmus config reload.',
  },
  'IST-CERT-004': {
    of: 'Our own certificate has expired.',
    sentence: 'Unser eigenes Zertifikat ist abgelaufen.',
    fix: 'Erneuern Sie es, legen Sie es dorthin, wohin certificate_file zeigt, dann isthmus config reload.',
  },
  'IST-CERT-005': {
    of: 'Our own certificate does not name a domain that we speak for.',
    sentence: 'Unser eigenes Zertifikat nennt eine Domäne nicht, für die wir sprechen.',
    fix: 'Besorgen Sie eines, das die XMPP-Domäne als DNS-Namen trägt; bis dahin können Partner uns nur durch Dialback prüfen.',
  },
  'IST-CERT-010': {
    of: 'The file holds no certificate or key that can be read.',
    sentence: 'Die Datei enthält kein lesbares Zertifikat und keinen lesbaren Schlüssel.',
    fix: 'Bringen Sie PEM (BEGIN CERTIFICATE), DER (.cer), PKCS #7 (.p7b) oder PKCS #12 (.pfx, .p12), ganz und unverändert; der Beleg sagt, was daran nicht stimmt.',
  },
  'IST-CERT-011': {
    of: 'The password of the file is missing or wrong.',
    sentence: 'Das Kennwort der Datei fehlt oder ist falsch.',
    fix: 'Geben Sie das Kennwort an, mit dem die Datei exportiert wurde.',
  },
  'IST-CERT-012': {
    of: 'The private key is not that of the certificate.',
    sentence: 'Der private Schlüssel gehört nicht zum Zertifikat.',
    fix: 'Bringen Sie den Schlüssel, mit dem die Anforderung gemacht wurde; bei mehreren Zertifikaten in einer Datei muss das des Servers dabei sein.',
  },
  'IST-CERT-013': {
    of: 'There is no private key for the certificate.',
    sentence: 'Zum Zertifikat gibt es keinen privaten Schlüssel.',
    fix: 'Importieren Sie die Datei, die den Schlüssel mitbringt (.pfx oder --key DATEI), oder die Antwort auf eine hier gemachte Anforderung: `isthmus cert list` zeigt die wartenden.',
  },
  'IST-CERT-014': {
    of: 'The certificate has expired.',
    sentence: 'Das Zertifikat ist abgelaufen.',
    fix: 'Erneuern Sie es: `isthmus cert request NAME`, von der Stelle unterschreiben lassen, `isthmus cert import DATEI --use USE`.',
  },
  'IST-CERT-015': {
    of: 'The certificate is not valid yet.',
    sentence: 'Das Zertifikat gilt noch nicht.',
    fix: 'Prüfen Sie die Uhr des Gateways; oder weisen Sie es ab dem Tag zu, an dem es beginnt.',
  },
  'IST-CERT-016': {
    of: 'The certificate names nothing that its use needs.',
    sentence: 'Das Zertifikat nennt nichts, was sein Zweck braucht.',
    fix: 'Besorgen Sie eines, dessen DNS-Namen die sind, die andere rufen: die XMPP-Domänen für xmpp-s2s, den Namen des Gateways oder die SIP-Domänen für sip. --force weist es trotzdem zu.',
  },
  'IST-CERT-017': {
    of: 'The key is of a kind or size that peers do not accept.',
    sentence: 'Art oder Größe des Schlüssels nimmt die Gegenseite nicht an.',
    fix: 'Machen Sie einen neuen Schlüssel, RSA mit 2048 Bit oder mehr, oder ECDSA P-256, P-384 oder P-521: `isthmus cert request NAME --key-type p-256`.',
  },
  'IST-CERT-018': {
    of: 'The certificate is signed with MD5 or SHA-1, which peers do not accept.',
    sentence: 'Das Zertifikat ist mit MD5 oder SHA-1 unterschrieben, was die Gegenseite nicht annimmt.',
    fix: 'Lassen Sie es von der Stelle neu ausstellen, unterschrieben mit SHA-256 oder besser.',
  },
  'IST-CERT-019': {
    of: 'The purposes of the certificate do not allow a server to show it.',
    sentence: 'Nach seinen Verwendungszwecken darf kein Server das Zertifikat vorzeigen.',
    fix: 'Lassen Sie es mit der erweiterten Schlüsselverwendung serverAuth ausstellen; clientAuth ist nicht nötig. --force weist es trotzdem zu.',
  },
  'IST-CERT-020': {
    of: 'The chain of the certificate is not complete: peers could not check it.',
    sentence: 'Die Kette des Zertifikats ist nicht vollständig: die Gegenseite könnte es nicht prüfen.',
    fix: 'Importieren Sie zuerst oder zugleich die Zwischenzertifikate der Stelle (`isthmus cert import KETTE.pem`, --chain DATEI). --force weist es trotzdem zu.',
  },
  'IST-CERT-021': {
    of: 'The chain of the certificate does not hold.',
    sentence: 'Die Kette des Zertifikats hält nicht.',
    fix: 'Der Beleg nennt den Fehler: eine Stelle darin ist abgelaufen oder darf nicht ausstellen. Besorgen Sie die jetzigen Zwischenzertifikate der Stelle.',
  },
  'IST-CERT-022': {
    of: 'The watched files of a certificate are not taken; the one before stays in use.',
    sentence: 'Die beobachteten Dateien eines Zertifikats werden nicht übernommen; das vorige bleibt in Gebrauch.',
    fix: 'Der Beleg nennt Datei und Fehler. Zertifikat und Schlüssel müssen zusammengehören und für den Benutzer des Gateways lesbar sein; `isthmus config reload` sieht noch einmal nach.',
  },
  'IST-CERT-023': {
    of: 'What is presented in handshakes is not the certificate that was loaded.',
    sentence: 'Beim Verbindungsaufbau wird nicht das geladene Zertifikat gezeigt.',
    fix: 'An dieser Adresse antwortet etwas anderes (ein Lastverteiler, ein alter Prozess), oder ein Neuladen ist gescheitert: `isthmus cert served` zeigt, was gezeigt wird, `isthmus cert uses`, was geladen wurde.',
  },
  'IST-CERT-024': {
    of: 'A certificate of ours ends soon.',
    sentence: 'Eines unserer Zertifikate läuft bald ab.',
    fix: 'Erneuern Sie es: `isthmus cert request NAME`, oder sehen Sie nach, warum der ACME-Client es nicht tat; docs/certificates.md zeigt beides.',
  },
  'IST-CERT-025': {
    of: 'The private key of a certificate cannot be opened; what was there before is shown.',
    sentence: 'Der private Schlüssel eines Zertifikats lässt sich nicht öffnen; gezeigt wird, was vorher da war.',
    fix: 'Die Datei secret.key des Zustandsverzeichnisses muss die sein, mit der der Schlüssel versiegelt wurde: legen Sie sie zurück, oder importieren Sie das Zertifikat mit seinem Schlüssel neu.',
  },
  'IST-CERT-026': {
    of: "The certificate is an authority's: it completes chains and cannot be shown.",
    sentence: 'Das Zertifikat gehört einer Zertifizierungsstelle: es ergänzt Ketten und kann nicht vorgezeigt werden.',
    fix: 'Weisen Sie ein Zertifikat zu, das die Stelle für das Gateway ausgestellt hat.',
  },
  'IST-CERT-027': {
    of: 'The authority has not signed the request yet.',
    sentence: 'Die Stelle hat die Anforderung noch nicht unterschrieben.',
    fix: 'Geben Sie ihr, was `isthmus cert csr NAME` ausgibt, und importieren Sie, was sie zurückschickt.',
  },
  'IST-CERT-028': {
    of: 'The root of the certificate is known to its own clients only.',
    sentence: 'Die Wurzel des Zertifikats kennen nur ihre eigenen Teilnehmer.',
    fix: 'Partner müssen sie unter die aufnehmen, denen sie vertrauen, oder ein Zertifikat einer öffentlichen Stelle gezeigt bekommen.',
  },
  'IST-CERT-029': {
    of: 'There is more in the file, or in the list, than there may be.',
    sentence: 'In der Datei oder in der Liste ist mehr, als darin sein darf.',
    fix: 'Eine Datei hat höchstens 1 MiB, 100 Zertifikate und die Arbeit von 4.000.000 Runden für ihr Kennwort.',
  },
  'IST-CERT-040': {
    of: 'The partner shows another certificate than the one that is pinned for it.',
    sentence: 'Der Partner zeigt ein anderes Zertifikat als das, das für ihn festgelegt ist.',
    fix: 'Hat er sein Zertifikat erneuert: fragen Sie seinen Betreiber nach dem SHA-256 des neuen, dann isthmus partner set DOMÄNE --pinned-certificate SHA256. Sonst sitzt jemand dazwischen.',
  },
  'IST-CERT-041': {
    of: "The partner's certificate was revoked by its issuer.",
    sentence: 'Das Zertifikat des Partners wurde von seinem Aussteller widerrufen.',
    fix: 'Der Partner muss ein anderes verwenden; in `crl_files` in [tls] steht die Liste, die das sagt.',
  },
  'IST-CERT-042': {
    of: 'The partner shows a certificate that its TLSA records in DNS do not name.',
    sentence: 'Der Partner zeigt ein Zertifikat, das seine TLSA-Einträge im DNS nicht nennen.',
    fix: 'Sein Betreiber muss TLSA-Einträge des Zertifikats veröffentlichen, das er verwendet, oder das verwenden, das sie nennen. Sonst sitzt jemand dazwischen: legen Sie das richtige fest, um bis dahin weiterzumachen.',
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
