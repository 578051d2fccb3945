"""How a release comes to this machine: downloads, archives and datasets of the Hub, each against its checksum."""
