-- public-detail.lua: one public incident. Reads only.
-- Arguments: 1 id, 2 the most announcements to show.
-- Answers: {record, announcement, …}; {} when it is not public.

return public_incident(ARGV[1], tonumber(ARGV[2])) or {}
