"""The bench: how many schedules does each strategy need to find known bugs?"""
