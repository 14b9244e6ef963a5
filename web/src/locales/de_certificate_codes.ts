// German of the codes of certificates; see de_codes.ts.
import type { CodeText } from './de_codes';

export const certificateCodes: Record<string, CodeText> = {
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
};
