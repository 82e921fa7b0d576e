"""Pure data: what a case, a trace and a finding are. Imports nothing of the layers above."""
