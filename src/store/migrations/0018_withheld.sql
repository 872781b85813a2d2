-- Texts that were kept with the secrets of their addresses. The next start keeps them without.
DELETE FROM kept_file;
DELETE FROM fact WHERE name = 'configuration';
