# What every template that loads a model knows of its test.
MODEL_NAME = "${model_name}"
MODEL_LOCATION = "${model_location}"
HARDWARE_TYPE = "${hardware_type}"
DEVICE = "${device}"
DEVICE_TYPE = DEVICE.split(":")[0]
BATCH_SIZE = ${batch_size}
WARM_UP_RUNS = 2
MIN_RUNS, MAX_RUNS, ENOUGH_SECONDS = 5, 10, 10.0
