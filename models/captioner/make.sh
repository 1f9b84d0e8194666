#!/usr/bin/env bash
# Makes the shipped bundle from scratch and measures it: models/captioner/make.sh [DATA_DIR] [CACHE_DIR]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data} cache=${2:-runs/cache}
clips=(--data "$data/cctv" --cache "$cache" --workers 2)
recipe=("${clips[@]}" --config models/captioner/train.toml --backbone-weights "$data/weights/mobilenet_v2_imagenet.npz")

instantreact train captioner "${recipe[@]}" --output runs/captioner --final
instantreact export captioner --checkpoint runs/captioner/best.pt --output models/captioner
instantreact evaluate captioner "${clips[@]}" --bundle models/captioner --split test --record
instantreact crossval captioner "${recipe[@]}" --folds 5 --group scene --source fight-detection-surv-dataset
