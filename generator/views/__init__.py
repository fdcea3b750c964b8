"""What templates are given: values, rows of pictures, addresses as pages write them. Pure.

From the bottom up:

    rows told
    values
    addresses stretches
"""
