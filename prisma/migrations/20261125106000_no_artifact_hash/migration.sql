-- Nobody read it, and making it took more of the processor than the rest of an upload.
ALTER TABLE "Artifact" DROP COLUMN "sha256";
