"""Questions to the tables: functions of a connection, answers as typed structs or plain rows.

A struct is one of two things. Either a method answers with it as it is: it holds what clients see,
in the names that they know, and has a default for what may be left out; an answer that needs more
extends it. Or it holds facts to decide by, and never goes out.
"""
