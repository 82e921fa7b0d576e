"""What people and machines are shown of runs, engines and corpora."""
