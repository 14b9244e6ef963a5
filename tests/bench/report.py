"""The table on the screen and build/bench.json."""
import json

from plan import DIRECTIONS


def _spread(values, form):
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2] if len(ordered) % 2 else (
        ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2
    return [form.format(value) for value in (ordered[0], middle, ordered[-1])]


def _print_aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        print("  ".join(cells).rstrip())


def print_table(bench):
    table = [["subject", "direction", "cpu us/msg min", "median", "max", "messages/s",
              "p50 ms", "p99 ms", "waited s", "messages", "vs isthmus"]]
    for row in bench.rows:
        if row.failure or not row.readings:
            table.append([f"{row.section}: {row.subject}", DIRECTIONS[row.direction], "failed",
                          *[""] * 8])
            continue
        base = [other for other in bench.rows if other.section in ("peers", row.section)
                and other.subject.startswith("isthmus") and other.direction == row.direction
                and other.readings]
        base_cpu = base[0].median("cpu_us") if base else 0
        ratio = row.median("cpu_us") / base_cpu if base_cpu else None
        table.append([
            f"{row.section}: {row.subject}", DIRECTIONS[row.direction],
            *_spread(row.values("cpu_us"), "{:.2f}"),
            f"{row.median('rate'):,.0f}",
            f"{row.median('delivery_p50_us') / 1000:.2f}",
            f"{row.median('delivery_p99_us') / 1000:.2f}",
            f"{row.median('waited_s'):.2f}",
            f"{row.total():,.0f}",
            f"{ratio:.2f}x" if ratio else ""])
    print()
    _print_aligned(table)


def verdict(budget):
    if budget.limit is None:
        return "info"
    if not budget.holds(budget.limit):
        return "FAIL"
    return "pass" if budget.aim is None or not budget.holds(budget.aim) else "pass, aim met"


def print_budgets(bench):
    table = [["budget", "verdict", "measured", "limit", "aim"]]
    for budget in bench.budgets:
        sign = ">=" if budget.at_least else "<="
        table.append([
            budget.text, verdict(budget), f"{budget.value:,.2f}", f"{sign} {budget.limit:,g}" if budget.limit is not None else "",
            f"{sign} {budget.aim:,g}" if budget.aim is not None else ""])
    if len(table) > 1:
        print()
        _print_aligned(table)
    for failure in bench.failures:
        print(f"failed: {failure}")


def write_json(bench, path, machine, arguments, versions):
    document = {
        "machine": machine,
        "arguments": arguments,
        "versions": versions,
        "commands": bench.commands,
        "rows": [vars(row) for row in bench.rows],
        "facts": bench.facts,
        "budgets": [{**vars(budget), "verdict": verdict(budget)} for budget in bench.budgets],
        "failures": bench.failures,
    }
    with open(path, "w") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
