"""Whether fewer words of a query may do, where no article has them all."""

from __future__ import annotations

from index.clauses import Bag, Boosted, Leaf, Not, Query, is_narrowing


def can_relax(query: Query) -> bool:
    """Say whether there are words that `match` joins, so that fewer of them may do."""
    clauses = [query.root] if query.root else []
    while clauses:
        clause = clauses.pop()
        if isinstance(clause, Bag) and sum(not is_narrowing(inner) for inner in clause.clauses) > 1:
            return True
        if isinstance(clause, Boosted):
            clauses.append(clause.clause)
        elif not isinstance(clause, Leaf | Not):
            clauses += clause.clauses
    return False
