"""Says which texts lack a good translation. Exit code 1 when there are any."""

import sys

from scripts.translations import find_problems, find_texts


def main() -> int:
    problems = find_problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{len(problems)} problems; `make translations` adds new texts.", file=sys.stderr)
        return 1
    print(f"All {len(find_texts())} texts are translated.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
