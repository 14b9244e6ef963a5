"""PIDF documents (RFC 3863) for the laboratory: enough to write and read statuses."""

import dataclasses
import xml.etree.ElementTree as ElementTree

NS_PIDF = "{urn:ietf:params:xml:ns:pidf}"
NS_DATA_MODEL = "{urn:ietf:params:xml:ns:pidf:data-model}"
NS_RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"
NS_CLIENT = "{jabber:client}"
CONTENT_TYPE = "application/pidf+xml"


@dataclasses.dataclass
class Tuple:
    """One tuple: what the tests look at."""

    ident: str = ""
    basic: str = "open"
    show: str = None
    note: str = None
    priority: str = None


class Document:
    """A parsed document."""

    def __init__(self, data):
        self.root = ElementTree.fromstring(data)
        if self.root.tag != NS_PIDF + "presence":
            raise ValueError(f"not PIDF: {self.root.tag}")
        self.entity = self.root.get("entity")
        self.tuples = [self._read(element) for element in self.root.findall(NS_PIDF + "tuple")]
        self.activities = [element.tag.removeprefix(NS_RPID)
                           for holder in self.root.iter(NS_RPID + "activities")
                           for element in holder if element.tag.startswith(NS_RPID)]

    @property
    def basic(self):
        """open if any tuple is."""
        return "open" if any(t.basic == "open" for t in self.tuples) else "closed"

    @property
    def notes(self):
        return [n.text for n in self.root.iter(NS_PIDF + "note")]

    def shows(self):
        return [t.show for t in self.tuples]

    @staticmethod
    def _read(element):
        status = element.find(NS_PIDF + "status")
        contact = element.find(NS_PIDF + "contact")
        return Tuple(element.get("id"), status.findtext(NS_PIDF + "basic"),
                     status.findtext(NS_CLIENT + "show"), element.findtext(NS_PIDF + "note"),
                     contact.get("priority") if contact is not None else None)


def document(entity, *tuples, activity=None):
    """A document of these tuples, with one RPID activity if given; returns text."""
    parts = [f'<presence xmlns="{NS_PIDF[1:-1]}" xmlns:dm="{NS_DATA_MODEL[1:-1]}" '
             f'xmlns:rpid="{NS_RPID[1:-1]}" entity="{entity}">']
    for number, one in enumerate(tuples or (Tuple(),)):
        show = f'<show xmlns="jabber:client">{one.show}</show>' if one.show else ""
        note = f"<note>{one.note}</note>" if one.note else ""
        parts.append(f'<tuple id="{one.ident or f"t{number}"}"><status><basic>{one.basic}</basic>'
                     f"{show}</status>{note}</tuple>")
    if activity:
        parts.append(f'<dm:person id="p1"><rpid:activities><rpid:{activity}/></rpid:activities>'
                     "</dm:person>")
    return '<?xml version="1.0" encoding="UTF-8"?>' + "".join(parts) + "</presence>"
