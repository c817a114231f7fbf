"""What Siteproof costs, as ratios in one run on one machine; `make bench` writes RESULTS.md."""
