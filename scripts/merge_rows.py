"""Merge two versions of a .rows file row by row, so that kernels named on neighbouring lines do not conflict.

A git merge driver; switch it on once per clone (.gitattributes names it):

    git config merge.rows.driver "python3 scripts/merge_rows.py %O %A %B"

A row is its schema; what stands right of `=>` is taken from the side that changed it. Both sides changing one row in
two ways is a conflict (exit 1), left in the file with git's markers.
"""

import sys


def read(path):
    """schema (or comment) -> the whole row with the lines of source under it, in order."""
    rows, last = {}, None
    for line in open(path, encoding="utf-8").read().splitlines():
        if line.startswith(" ") and last:
            rows[last] += "\n" + line
        else:
            last = line.split(" => ")[0]
            rows[last] = line
    return rows


def merge_row(base, ours, theirs):
    """(lines, conflict)"""
    if ours == theirs or theirs == base:
        return [ours], False
    if ours == base:
        return [theirs], False
    return ["<<<<<<< ours", ours or "", "=======", theirs or "", ">>>>>>> theirs"], True


def main():
    base_path, ours_path, theirs_path = sys.argv[1:4]
    base, ours, theirs = read(base_path), read(ours_path), read(theirs_path)
    merged, conflicts = [], 0
    order = list(ours)
    for at, schema in enumerate(theirs):  # a row that only they have stands after the row before it
        if schema not in ours and schema not in base:
            before = list(theirs)[at - 1] if at else None
            order.insert(order.index(before) + 1 if before in order else len(order), schema)
    for schema in order:
        if schema in base and schema not in theirs and ours[schema] == base[schema]:
            continue  # they dropped it
        ours_line = ours.get(schema)
        lines, conflict = merge_row(base.get(schema), ours_line, theirs.get(schema, base.get(schema)))
        merged += [line for line in lines if line is not None]
        conflicts += conflict
    with open(ours_path, "w", encoding="utf-8") as out:
        out.write("\n".join(merged) + "\n")
    return 1 if conflicts else 0


if __name__ == "__main__":
    sys.exit(main())
