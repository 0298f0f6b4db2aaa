#!/usr/bin/env bash
# P1: JSON documents to documents of a new shape, against the Python of the guide.
set -euo pipefail
. "$(dirname "$0")/documents.sh"

begin_documents
plan copy '{kind: directory, path: '"'"'${{ .params.to }}'"'"'}' <<'END_OF_STEP'
        uses: copy.documents
        with:
          from: from
          to: to:documents
          document: |
            {session_info: {
              session_id: (.session_id // "migrated_" + $file), start_time: .session_timestamp, version: "2.0",
              migrated_from: "1.0", migration_timestamp: $run.started, enhanced_features: true},
             configuration: (.configuration // {}),
             detections: [.detections[]? | . + {enhanced: false, migration_source: "v1",
               ocr_confidence: (.confidence // 0), detection_confidence: (.confidence // 0), video_path: null}]}
END_OF_STEP

peer() { "$python" "$home/bench/documents.py" files "$sessions" "$1/documents"; }
same() { "$python" "$home/bench/documents.py" same-files "$sessions" "$1/documents"; }
extra() { # what copying the files alone takes
    local start
    start=$(now)
    cp -r "$sessions" "$1/copied"
    echo $(($(now) - start)) >>"$work/extra"
}
compare
echo "P1 cp -r of the same files: median $(median <"$work/extra") ms"
