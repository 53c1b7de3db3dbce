"""Stands in for every service where only the stack around them is tested."""
