### The frame of a report.

report-stage = The attempt came as far as: { $stage }
report-not-enough = The evidence does not suffice to name a cause.
report-collect = Add the logs of both ends from the same minute, or a capture of UDP 500 and 4500, ESP, TCP 1723 and GRE taken while somebody dials.
report-codes = A Windows client shows: { $codes }
report-evidence = This speaks for it:
report-against = This speaks against it:
report-settle = What would settle it:
report-fix-at = To be changed at: { $where }
report-undo = To take it back:
report-price = Its price:

explain-unknown = “{ $asked }” is neither a number nor a message that is known here. Give the number that the client shows, or the whole line.
explain-stage = It arises at this stage: { $stage }
explain-causes = What is behind it, the most likely first:
