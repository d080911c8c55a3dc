"""Questions to the tables: functions of a connection, answers as typed structs or plain rows.

Field names are those of the RPC results; a field that may be left out there has a default here.
"""
