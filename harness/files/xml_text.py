"""XML of a release, read without entities, documents elsewhere or anything else that a stranger's file could do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import CorruptData
from harness.files import content

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(given: bytes, where: str) -> Element:
    """The root element.

    Raises:
        CorruptData: It is no XML, is another kind of file, or defines entities.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if not given.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 is XML as well
        content.refuse_other(given, where, "an XML file")
    try:
        root: Element = fromstring(given)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise CorruptData(f"{where}: not XML ({error}); get the official file again.") from error
    return root
