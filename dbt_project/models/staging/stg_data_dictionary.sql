{{ stage('data_dictionary') }}
