"""Looks for bytes in the memory of a process."""


SHADOW_BYTES = 1 << 40  # an area of a sanitizer: nothing else is so large


def has_shadow(pid):
    """Whether a sanitizer keeps memory beside that of the program, which can't
    be searched."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        for line in maps:
            first, end = (int(part, 16) for part in line.split()[0].split("-"))
            if end - first > SHADOW_BYTES:
                return True
    return False


def copies(pid, wanted):
    """Where the bytes are: a list of what is around each copy."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            first, end = (int(part, 16) for part in area.split("-"))
            if "rw" not in rights or "[v" in line:  # [vvar], [vsyscall]
                continue
            memory.seek(first)
            data = memory.read(end - first)
            at = data.find(wanted)
            while at >= 0:
                found.append(data[max(0, at - 40):at + len(wanted) + 20])
                at = data.find(wanted, at + 1)
    return found
